/** What the reader chose on the runs table. All of it stands in the address, so a link carries it. */
export type ViewState = {
  experiments: string[];
  filter: string;
  job: string;
  /** Undefined until somebody chose. */
  columns?: string[];
  sort: string;
  direction: 'asc' | 'desc';
  groupBy: string;
  nested: boolean;
  deleted: boolean;
  pinned: string[];
  hidden: string[];
};

const SEPARATOR = '~';

/** Reads the address; what is missing or odd is as if nobody had chosen. */
export function readViewState(search: URLSearchParams): ViewState {
  const list = (key: string) =>
    (search.get(key) ?? '').split(SEPARATOR).filter(Boolean);
  return {
    experiments: search.getAll('experiment').filter(Boolean),
    filter: search.get('filter') ?? '',
    job: search.get('job') ?? '',
    columns: search.has('columns') ? list('columns') : undefined,
    sort: search.get('sort') ?? 'started',
    direction: search.get('direction') === 'asc' ? 'asc' : 'desc',
    groupBy: search.get('group') ?? '',
    nested: search.get('nested') !== 'no',
    deleted: search.get('deleted') === 'yes',
    pinned: list('pinned'),
    hidden: list('hidden'),
  };
}

/** The address of a state; what nobody chose is left out. Parameters of others, such as `tab`, stay. */
export function writeViewState(
  state: ViewState,
  before: URLSearchParams = new URLSearchParams(),
): URLSearchParams {
  const search = new URLSearchParams(before);
  search.delete('experiment');
  for (const id of state.experiments) search.append('experiment', id);
  const set = (key: string, value: string, unless = '') =>
    value === unless ? search.delete(key) : search.set(key, value);
  set('filter', state.filter);
  set('job', state.job);
  if (state.columns) search.set('columns', state.columns.join(SEPARATOR));
  else search.delete('columns');
  set('sort', state.sort, 'started');
  set('direction', state.direction, 'desc');
  set('group', state.groupBy);
  set('nested', state.nested ? 'yes' : 'no', 'yes');
  set('deleted', state.deleted ? 'yes' : 'no', 'no');
  set('pinned', state.pinned.join(SEPARATOR));
  set('hidden', state.hidden.join(SEPARATOR));
  return search;
}
