import { useState } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { ArtifactFile } from '@downstage/plugin-ml-registry-common';
import { formatBytes, useAction } from '@downstage/react';
import { Button, Flex, Text } from '@backstage/ui';
import { RiDownloadLine } from '@remixicon/react';
import type { ArtifactOwner } from '../shared/api';
import { save } from '../shared/domain/save';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ArtifactTree } from './ArtifactTree';
import { DownloadFailed } from './DownloadFailed';
import { FileView } from './FileView';

/** The files of a run or version beside the one that is looked at. */
export function ArtifactBrowser(props: { owner: ArtifactOwner }) {
  const { owner } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [file, setFile] = useState<ArtifactFile>();
  return (
    <div
      style={{
        display: 'grid',
        gap: 24,
        gridTemplateColumns: 'repeat(auto-fit, minmax(min(300px, 100%), 1fr))',
      }}
    >
      <div style={{ minWidth: 0 }}>
        <ArtifactTree owner={owner} chosen={file?.path} onChoose={setFile} />
      </div>
      <div style={{ minWidth: 0, gridColumn: 'span 2' }}>
        {file ? (
          <Flex direction="column" gap="3">
            <FileHead owner={owner} file={file} />
            <FileView key={file.path} owner={owner} file={file} />
          </Flex>
        ) : (
          <Text color="secondary">{t('files.choose')}</Text>
        )}
      </div>
    </div>
  );
}

function FileHead(props: { owner: ArtifactOwner; file: ArtifactFile }) {
  const { owner, file } = props;
  const api = useRegistry();
  const action = useAction();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const name = file.path.split('/').at(-1) ?? file.path;
  return (
    <>
      <Flex align="center" gap="3" style={{ flexWrap: 'wrap' }}>
        <Text weight="bold" style={{ overflowWrap: 'anywhere' }}>
          {file.path}
        </Text>
        <Text color="secondary" variant="body-small">
          {formatBytes(file.size)}
        </Text>
        <Button
          size="small"
          variant="secondary"
          iconStart={<RiDownloadLine />}
          isPending={action.pending}
          onPress={() =>
            action.run(async () =>
              save(await api.downloadArtifact(owner, file.path), name),
            )
          }
        >
          {t('files.downloadFile')}
        </Button>
      </Flex>
      {action.error && <DownloadFailed path={file.path} error={action.error} />}
    </>
  );
}
