import type { ReactNode } from 'react';
import { Alert, Button } from '@backstage/ui';
import { RiDownloadLine } from '@remixicon/react';
import { useAction, Reason } from '@downstage/react';
import { save } from './domain/save';
import { useRegistry } from './hooks/useRegistry';

/** Saves what a route of the registry answers, in the name of the signed-in user. */
export function ExportButton(props: {
  /** Below the address of the registry, with its query. */
  path: string;
  fileName: string;
  failed: string;
  children: ReactNode;
}) {
  const { path, fileName, failed, children } = props;
  const api = useRegistry();
  const action = useAction();
  return (
    <>
      <Button
        variant="secondary"
        size="small"
        iconStart={<RiDownloadLine />}
        isPending={action.pending}
        onPress={() =>
          action.run(async () => save(await api.downloadExport(path), fileName))
        }
      >
        {children}
      </Button>
      {action.error && (
        <Alert
          status="danger"
          title={failed}
          description={<Reason error={action.error} />}
        />
      )}
    </>
  );
}
