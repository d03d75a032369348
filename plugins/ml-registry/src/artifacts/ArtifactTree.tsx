import { useState } from 'react';
import type { ArtifactFile } from '@downstage/plugin-ml-registry-common';
import {
  formatBytes,
  Frame,
  Pager,
  useAction,
  usePages,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, ButtonIcon, Flex, Text } from '@backstage/ui';
import {
  RiArrowDownSLine,
  RiArrowRightSLine,
  RiDownloadLine,
  RiFile2Line,
  RiFolder2Line,
} from '@remixicon/react';
import type { ArtifactOwner } from '../shared/api';
import { save } from '../shared/domain/save';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { DownloadFailed } from './DownloadFailed';

/** The files of a run or of a version. A folder is asked for when it is opened, a file is fetched with the user's own token. */
export function ArtifactTree(props: {
  owner: ArtifactOwner;
  /** Makes the names of files buttons that say which file shall be shown. */
  onChoose?: (file: ArtifactFile) => void;
  chosen?: string;
}) {
  return <Folder {...props} />;
}

type Choice = {
  onChoose?: (file: ArtifactFile) => void;
  chosen?: string;
};

function Folder(props: Choice & { owner: ArtifactOwner; path?: string }) {
  const { owner, path, onChoose, chosen } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const files = usePages(
    (cursor, signal) => {
      const query = { ...(path !== undefined && { path }), cursor, limit: 200 };
      return 'runId' in owner
        ? api.listRunArtifacts({ params: owner, query }, { signal })
        : api.listVersionArtifacts({ params: owner, query }, { signal });
    },
    [api, JSON.stringify(owner), path],
    { pollMs: 0 },
  );
  return (
    <Frame
      value={files}
      isEmpty={({ items }) => items.length === 0}
      empty={{
        title: t('artifacts.emptyTitle'),
        description: path === undefined && t('artifacts.emptyText'),
      }}
    >
      {({ items }) => (
        <>
          <ul
            style={{ listStyle: 'none', margin: 0, paddingLeft: path ? 24 : 0 }}
          >
            {items.map(item => (
              <li key={item.path}>
                {item.isDir ? (
                  <FolderRow {...{ owner, item, onChoose, chosen }} />
                ) : (
                  <FileRow {...{ owner, item, onChoose, chosen }} />
                )}
              </li>
            ))}
          </ul>
          <Pager pages={files} />
        </>
      )}
    </Frame>
  );
}

function FolderRow(
  props: Choice & { owner: ArtifactOwner; item: ArtifactFile },
) {
  const [open, setOpen] = useState(false);
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { owner, item, onChoose, chosen } = props;
  return (
    <>
      <Button
        variant="tertiary"
        size="small"
        aria-expanded={open}
        aria-label={t('artifacts.open', { path: item.path })}
        iconStart={open ? <RiArrowDownSLine /> : <RiArrowRightSLine />}
        onPress={() => setOpen(value => !value)}
      >
        <Flex align="center" gap="1">
          <RiFolder2Line size={16} aria-hidden />
          {lastPart(item.path)}
        </Flex>
      </Button>
      {open && <Folder {...{ owner, path: item.path, onChoose, chosen }} />}
    </>
  );
}

function FileRow(props: Choice & { owner: ArtifactOwner; item: ArtifactFile }) {
  const { owner, item, onChoose, chosen } = props;
  const api = useRegistry();
  const action = useAction();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <>
      <Flex align="center" gap="2" pl="3">
        <RiFile2Line size={16} aria-hidden />
        {onChoose ? (
          <Button
            variant={chosen === item.path ? 'secondary' : 'tertiary'}
            size="small"
            aria-pressed={chosen === item.path}
            onPress={() => onChoose(item)}
          >
            {lastPart(item.path)}
          </Button>
        ) : (
          <Text title={item.sha256 && `sha256 ${item.sha256}`}>
            {lastPart(item.path)}
          </Text>
        )}
        <Text color="secondary" variant="body-small">
          {formatBytes(item.size)}
        </Text>
        <ButtonIcon
          size="small"
          variant="tertiary"
          isPending={action.pending}
          icon={<RiDownloadLine />}
          aria-label={t('artifacts.download', { path: item.path })}
          onPress={() =>
            action.run(
              async () =>
                save(
                  await api.downloadArtifact(owner, item.path),
                  lastPart(item.path),
                ),
              { title: t('artifacts.done', { path: lastPart(item.path) }) },
            )
          }
        />
      </Flex>
      {action.error && <DownloadFailed path={item.path} error={action.error} />}
    </>
  );
}

function lastPart(path: string): string {
  return path.split('/').at(-1) ?? path;
}
