import { Select } from '@backstage/ui';
import { nameOf } from './domain/columns';

/** The choice of a param or metric. */
export function ColumnSelect(props: {
  label: string;
  options: readonly string[];
  value: string | undefined;
  onChange: (value: unknown) => void;
}) {
  const { label, options, value, onChange } = props;
  return (
    <Select
      style={{ width: 240, flex: 'none' }}
      label={label}
      searchable={options.length > 8}
      options={options.map(column => ({
        value: column,
        label: nameOf(column),
      }))}
      value={value ?? null}
      onChange={onChange}
    />
  );
}
