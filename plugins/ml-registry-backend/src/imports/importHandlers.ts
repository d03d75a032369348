import type { Handlers } from '@downstage/node';
import type { MlRegistryContract } from '@downstage/plugin-ml-registry-common';
import type { ImportService } from './ImportService';

type Operation =
  | 'startImport'
  | 'listImports'
  | 'getImport'
  | 'listImportOmissions'
  | 'cancelImport';

/** The import operations, turned into service calls. */
export function importHandlers({
  imports,
}: {
  imports: ImportService;
}): Pick<Handlers<MlRegistryContract>, Operation> {
  return {
    startImport: ({ body }, call) => imports.start(body, call),
    listImports: ({ query }, call) => imports.list(query, call),
    getImport: ({ params }, call) => imports.get(params.id, call),
    listImportOmissions: ({ params, query }, call) =>
      imports.omissions({ ...params, ...query }, call),
    cancelImport: ({ params }, call) => imports.cancel(params.id, call),
  };
}
