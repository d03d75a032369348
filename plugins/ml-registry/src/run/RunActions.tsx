import { useState } from 'react';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { useAction, useOwns, Reason } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  ButtonLink,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  TextField,
} from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';

/** What can be done with a run: look at its neighbours and its job, rename, delete and restore it. */
export function RunActions(props: { run: Run; onChanged: () => void }) {
  const { run, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [isRenaming, setIsRenaming] = useState(false);
  const mayWrite = useOwns(run.owner) || !run.owner;
  const change = async () => {
    const body = { runIds: [run.runId] };
    const done = await action.run(
      () =>
        run.deleted ? api.restoreRuns({ body }) : api.deleteRuns({ body }),
      { title: t(run.deleted ? 'runDetail.restored' : 'runDetail.deleted') },
    );
    if (done) onChanged();
  };
  return (
    <Flex gap="2" style={{ flexWrap: 'wrap' }}>
      <ButtonLink
        variant="secondary"
        href={`${paths.runs}?experiment=${encodeURIComponent(
          run.experimentId,
        )}`}
      >
        {t('run.compareWith')}
      </ButtonLink>
      {run.jobId && (
        <ButtonLink
          variant="secondary"
          href={paths.job(run.jobId)}
          iconEnd={<RiExternalLinkLine />}
        >
          {t('runs.job')}
        </ButtonLink>
      )}
      {mayWrite && !run.deleted && (
        <Button variant="secondary" onPress={() => setIsRenaming(true)}>
          {t('runDetail.rename')}
        </Button>
      )}
      {mayWrite && (
        <Button variant="secondary" isPending={action.pending} onPress={change}>
          {t(run.deleted ? 'runDetail.restore' : 'runDetail.delete')}
        </Button>
      )}
      {action.error && (
        <Alert
          status="danger"
          title={t('runDetail.changeFailed')}
          description={<Reason error={action.error} />}
        />
      )}
      {isRenaming && (
        <RenameDialog
          run={run}
          onClose={() => setIsRenaming(false)}
          onDone={() => {
            setIsRenaming(false);
            onChanged();
          }}
        />
      )}
    </Flex>
  );
}

function RenameDialog(props: {
  run: Run;
  onClose: () => void;
  onDone: () => void;
}) {
  const { run, onClose, onDone } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [name, setName] = useState(run.name);
  const save = async () => {
    const done = await action.run(
      () =>
        api.updateRun({
          params: { runId: run.runId },
          body: { name: name.trim() },
        }),
      { title: t('runDetail.renamed', { name: name.trim() }) },
    );
    if (done) onDone();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(480px, 92vw)"
    >
      <DialogHeader>{t('runDetail.rename')}</DialogHeader>
      <DialogBody>
        <TextField
          label={t('runDetail.newName')}
          value={name}
          onChange={setName}
          maxLength={250}
        />
        {action.error && (
          <Alert
            status="danger"
            title={t('runDetail.changeFailed')}
            description={<Reason error={action.error} />}
          />
        )}
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          isDisabled={!name.trim() || name.trim() === run.name}
          isPending={action.pending}
          onPress={save}
        >
          {t('runDetail.save')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('runDetail.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
