import { useSearchParams } from 'react-router-dom';

/** One of several options, kept in the address under `key`; the first (or `otherwise`) until somebody chose. */
export function useChoice(
  key: string,
  options: readonly string[],
  otherwise?: string,
): [string | undefined, (value: unknown) => void] {
  const [search, setSearch] = useSearchParams();
  const asked = search.get(key);
  const chosen =
    options.find(option => option === asked) ?? otherwise ?? options[0];
  return [
    chosen,
    value =>
      setSearch(
        before => {
          const after = new URLSearchParams(before);
          after.set(key, String(value));
          return after;
        },
        { replace: true },
      ),
  ];
}
