/** A day from the browser's own calendar, which every keyboard and screen reader knows. */
export function DayField(props: {
  label: string;
  value: string;
  min?: string;
  onChange: (day: string) => void;
}) {
  const { label, value, min, onChange } = props;
  return (
    <label
      style={{
        display: 'flex',
        flexDirection: 'column',
        // As between label and field of `@backstage/ui`, so that they line up in a row.
        gap: 13,
        fontSize: 12,
        color: 'var(--bui-fg-primary)',
      }}
    >
      {label}
      <input
        type="date"
        value={value}
        min={min}
        onChange={({ target }) => onChange(target.value)}
        style={{
          font: 'inherit',
          fontSize: 14,
          padding: '6px 10px',
          color: 'var(--bui-fg-primary)',
          background: 'var(--bui-bg-neutral-1, transparent)',
          border: '1px solid var(--bui-border-2)',
          borderRadius: 4,
          colorScheme: 'light dark',
        }}
      />
    </label>
  );
}
