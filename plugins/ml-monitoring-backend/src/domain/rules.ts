/** The limits of the verdicts. They are the field's customary ones; `windowRules` of the config may move them. */
export type DriftRules = {
  /** PSI from which a significant difference is a warning. */
  warning: number;
  /** PSI from which a significant difference is drift. */
  drift: number;
  /** How sure to be that a difference is more than chance. */
  confidence: number;
  /** Fewer rows give no verdict. */
  minRows: number;
  /** A null rate that rises by this share is a warning. */
  nullRise: number;
  /** A share of values outside the range of the baseline that is a warning. */
  outOfRange: number;
  /** A share of values in categories the baseline never saw that is a warning. */
  newCategory: number;
};

export const defaultRules: DriftRules = {
  warning: 0.1,
  drift: 0.2,
  confidence: 0.95,
  minRows: 200,
  nullRise: 0.05,
  outOfRange: 0.05,
  newCategory: 0.01,
};
