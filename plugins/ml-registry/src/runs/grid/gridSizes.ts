/** Pixels of the table of runs, which its styles and the rows that are not drawn both need. */
export const ROW_HEIGHT = 36;
export const HEAD_HEIGHT = 38;
/** Choice, pin, hide, name. */
export const fixedWidths = [40, 34, 34, 240];
