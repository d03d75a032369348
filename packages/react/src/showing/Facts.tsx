import type { ReactNode } from 'react';

/** Labels with their values, in as many columns as fit; facts without a value are left out. */
export function Facts(props: {
  facts: Array<{ label: string; value: ReactNode | undefined }>;
  /** The least width of a column in pixels; 200 unless given. */
  minWidth?: number;
}) {
  return (
    <dl
      style={{
        display: 'grid',
        gridTemplateColumns: `repeat(auto-fill, minmax(${
          props.minWidth ?? 200
        }px, 1fr))`,
        gap: 16,
        margin: 0,
      }}
    >
      {props.facts
        .filter(({ value }) => value !== undefined && value !== '')
        .map(({ label, value }) => (
          <div key={label}>
            <dt style={{ color: 'var(--bui-fg-secondary)', fontSize: 12 }}>
              {label}
            </dt>
            <dd
              style={{
                margin: '4px 0 0',
                fontSize: 14,
                overflowWrap: 'anywhere',
                color: 'var(--bui-fg-primary)',
              }}
            >
              {value}
            </dd>
          </div>
        ))}
    </dl>
  );
}
