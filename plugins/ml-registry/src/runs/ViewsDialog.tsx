import { useState } from 'react';
import {
  CopyButton,
  Frame,
  Pager,
  useAction,
  useOwns,
  usePages,
  Reason,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  ButtonIcon,
  Dialog,
  DialogBody,
  DialogHeader,
  Flex,
  Text,
  TextField,
} from '@backstage/ui';
import { RiDeleteBinLine } from '@remixicon/react';
import { Link, useLocation } from 'react-router-dom';
import type { RunView } from '@downstage/plugin-ml-registry-common';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Saved views of the runs table: opens them, hands out their links, saves the present one, deletes one's own. */
export function ViewsDialog(props: {
  scope: string;
  /** The query string of the page as it is now. */
  state: string;
  onClose: () => void;
}) {
  const { scope, state, onClose } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [name, setName] = useState('');
  const views = usePages(
    (cursor, signal) =>
      api.listRunViews({ query: { scope, cursor, limit: 100 } }, { signal }),
    [api, scope],
    { pollMs: 0 },
  );
  const save = async () => {
    const done = await action.run(
      () => api.saveRunView({ body: { scope, name: name.trim(), state } }),
      { title: t('runTable.viewSaved', { name: name.trim() }) },
    );
    if (!done) return;
    setName('');
    views.retry();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(560px, 94vw)"
    >
      <DialogHeader>{t('runTable.views')}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          <Frame
            value={views}
            isEmpty={({ items }) => items.length === 0}
            empty={{ title: t('runTable.viewsNone') }}
          >
            {({ items }) => (
              <>
                <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
                  {items.map(view => (
                    <li key={view.id}>
                      <ViewRow
                        view={view}
                        onOpen={onClose}
                        onDelete={() =>
                          action.run(async () => {
                            await api.deleteRunView({
                              params: { id: view.id },
                            });
                            views.retry();
                          })
                        }
                      />
                    </li>
                  ))}
                </ul>
                <Pager pages={views} />
              </>
            )}
          </Frame>
          <form
            onSubmit={event => {
              event.preventDefault();
              save();
            }}
          >
            <Flex gap="3" align="end">
              <div style={{ flex: 1 }}>
                <TextField
                  label={t('runTable.viewName')}
                  value={name}
                  onChange={setName}
                  maxLength={100}
                />
              </div>
              <Button
                type="submit"
                isDisabled={!name.trim()}
                isPending={action.pending}
              >
                {t('runTable.saveView')}
              </Button>
            </Flex>
          </form>
          <Text color="secondary" variant="body-small">
            {t('runTable.viewsText')}
          </Text>
          {action.error && (
            <Alert
              status="danger"
              title={t('runTable.viewFailed')}
              description={<Reason error={action.error} />}
            />
          )}
        </Flex>
      </DialogBody>
    </Dialog>
  );
}

function ViewRow(props: {
  view: RunView;
  onOpen: () => void;
  onDelete: () => void;
}) {
  const { view, onOpen, onDelete } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { pathname } = useLocation();
  const isMine = useOwns(view.createdBy);
  const to = { pathname, search: view.state };
  return (
    <Flex align="center" gap="2" style={{ padding: '4px 0' }}>
      <Link
        to={to}
        onClick={onOpen}
        style={{ color: 'var(--bui-fg-primary)', fontWeight: 600 }}
      >
        {view.name}
      </Link>
      <Text color="secondary" variant="body-small" style={{ flex: 1 }}>
        {t('runTable.viewBy', { name: view.createdBy.split('/').at(-1) ?? '' })}
      </Text>
      <CopyButton
        text={`${window.location.origin}${pathname}?${view.state}`}
        label={t('runTable.copyLink')}
      />
      {isMine && (
        <ButtonIcon
          size="small"
          variant="tertiary"
          icon={<RiDeleteBinLine />}
          aria-label={t('runTable.deleteView', { name: view.name })}
          onPress={onDelete}
        />
      )}
    </Flex>
  );
}
