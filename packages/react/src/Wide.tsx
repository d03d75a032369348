import type { ReactNode } from 'react';

/** Keeps a table as wide as its columns need: in a narrow window it scrolls instead of cutting off its words. */
export function Wide(props: { width?: number; children: ReactNode }) {
  return (
    <div style={{ overflowX: 'auto' }}>
      <div style={{ minWidth: props.width ?? 860 }}>{props.children}</div>
    </div>
  );
}
