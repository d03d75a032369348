/** So many entries of one list or object are shown. */
const MOST = 500;

/** JSON as a tree whose branches open and close. */
export function JsonTree(props: {
  value: unknown;
  name?: string;
  depth?: number;
}) {
  const { value, name, depth = 0 } = props;
  const label =
    name === undefined ? null : (
      <span style={{ color: 'var(--bui-fg-secondary)' }}>{name}: </span>
    );
  if (typeof value !== 'object' || value === null) {
    return (
      <div style={{ paddingLeft: 18, overflowWrap: 'anywhere' }}>
        {label}
        <span>{JSON.stringify(value)}</span>
      </div>
    );
  }
  const entries = Object.entries(value);
  const size = Array.isArray(value)
    ? `[${entries.length}]`
    : `{${entries.length}}`;
  return (
    <details open={depth < 2} style={{ paddingLeft: depth === 0 ? 0 : 18 }}>
      <summary style={{ cursor: 'pointer' }}>
        {label}
        {size}
      </summary>
      {entries.slice(0, MOST).map(([key, inner]) => (
        <JsonTree key={key} name={key} value={inner} depth={depth + 1} />
      ))}
      {entries.length > MOST && (
        <div style={{ paddingLeft: 18 }}>… {entries.length - MOST}</div>
      )}
    </details>
  );
}
