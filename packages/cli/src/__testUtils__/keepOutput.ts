/** Keeps what a command writes, in place of writing it. `jest.restoreAllMocks` takes it back. */
export function keepOutput(): { out: string; err: string } {
  const kept = { out: '', err: '' };
  const keep = (name: keyof typeof kept) => (text: unknown) => {
    kept[name] += text;
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(keep('out'));
  jest.spyOn(process.stderr, 'write').mockImplementation(keep('err'));
  return kept;
}
