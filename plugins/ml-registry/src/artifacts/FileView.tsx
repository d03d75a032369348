import { useEffect, useState } from 'react';
import { CodeSnippet } from '@backstage/core-components';
import type { ArtifactFile } from '@downstage/plugin-ml-registry-common';
import { formatBytes, Frame, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Flex, Switch } from '@backstage/ui';
import type { ArtifactOwner } from '../shared/api';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { SandboxedPreview } from './SandboxedPreview';
import { fileKind, languageOf, sizeLimit, type FileKind } from './fileKind';
import { JsonTree } from './JsonTree';
import { readCsv, readParquet, tableOfJson } from './readTable';
import { TableView } from './TableView';

/** What a file looks like. Its content is data from outside: what could run is shown in a sandbox, or as text. */
export function FileView(props: { owner: ArtifactOwner; file: ArtifactFile }) {
  const { owner, file } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const kind = fileKind(file.path);
  if (!kind) {
    return (
      <Alert
        status="info"
        title={t('files.unknown')}
        description={t('files.unknownText')}
      />
    );
  }
  if ((file.size ?? 0) > sizeLimit(kind)) {
    return (
      <Alert
        status="info"
        title={t('files.tooBig', {
          size: formatBytes(file.size),
          most: formatBytes(sizeLimit(kind)),
        })}
        description={t('files.tooBigText')}
      />
    );
  }
  return <Loaded owner={owner} path={file.path} kind={kind} />;
}

function Loaded(props: { owner: ArtifactOwner; path: string; kind: FileKind }) {
  const { owner, path, kind } = props;
  const api = useRegistry();
  const content = useLoad(
    () => api.downloadArtifact(owner, path),
    [api, JSON.stringify(owner), path],
    { pollMs: 0 },
  );
  return (
    <Frame value={content}>
      {blob => <Shown blob={blob} path={path} kind={kind} />}
    </Frame>
  );
}

function Shown(props: { blob: Blob; path: string; kind: FileKind }) {
  const { blob, path, kind } = props;
  const name = path.split('/').at(-1) ?? path;
  switch (kind) {
    case 'image':
      return <Picture blob={blob} name={name} />;
    case 'parquet':
      return <Parquet blob={blob} name={name} />;
    default:
      return <TextShown blob={blob} name={name} kind={kind} />;
  }
}

/** As a data address: the portal's policy lets pictures come from nowhere else, and a data address is no page of its origin. */
function Picture(props: { blob: Blob; name: string }) {
  const { blob, name } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    // The type is ours, by the name: what the file says about itself is not asked.
    const extension = (name.split('.').at(-1) ?? '').toLowerCase();
    const type = `image/${extension === 'jpg' ? 'jpeg' : extension}`;
    const reader = new FileReader();
    reader.onload = () => {
      if (typeof reader.result === 'string') setUrl(reader.result);
    };
    reader.readAsDataURL(new Blob([blob], { type }));
    return () => reader.abort();
  }, [blob, name]);
  return url ? (
    <img
      src={url}
      alt={t('files.image', { name })}
      style={{ maxWidth: '100%' }}
    />
  ) : null;
}

function Parquet(props: { blob: Blob; name: string }) {
  const { blob, name } = props;
  const table = useLoad(
    async () => readParquet(await blob.arrayBuffer()),
    [blob, name],
    { pollMs: 0 },
  );
  return (
    <Frame value={table}>
      {found => <TableView name={name} table={found} />}
    </Frame>
  );
}

function TextShown(props: { blob: Blob; name: string; kind: FileKind }) {
  const { blob, name, kind } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [asText, setAsText] = useState(false);
  const text = useLoad(() => blob.text(), [blob, name], { pollMs: 0 });
  return (
    <Frame value={text}>
      {content => (
        <Flex direction="column" gap="3">
          {kind !== 'code' && (
            <Switch
              label={t('files.asText')}
              isSelected={asText}
              onChange={setAsText}
            />
          )}
          {asText || kind === 'code' ? (
            <Code content={content} name={name} />
          ) : (
            <Rich content={content} name={name} kind={kind} />
          )}
        </Flex>
      )}
    </Frame>
  );
}

function Rich(props: { content: string; name: string; kind: FileKind }) {
  const { content, name, kind } = props;
  if (kind === 'svg' || kind === 'html' || kind === 'markdown') {
    return <SandboxedPreview kind={kind} content={content} title={name} />;
  }
  if (kind === 'csv') {
    return <TableView name={name} table={readCsv(content, name)} />;
  }
  const json = parse(content);
  if (json === undefined) return <Code content={content} name={name} />;
  const table = tableOfJson(json);
  if (table) return <TableView name={name} table={table} />;
  return (
    <div
      style={{
        fontFamily: 'var(--bui-font-monospace, monospace)',
        fontSize: 13,
        color: 'var(--bui-fg-primary)',
      }}
    >
      <JsonTree value={json} />
    </div>
  );
}

/** Colours cost time that grows with the text; long files are shown plain. */
function Code(props: { content: string; name: string }) {
  const { content, name } = props;
  if (content.length > 200_000) {
    return (
      <pre
        style={{
          maxHeight: 640,
          overflow: 'auto',
          fontSize: 13,
          color: 'var(--bui-fg-primary)',
        }}
      >
        {content}
      </pre>
    );
  }
  return (
    <div style={{ maxHeight: 640, overflow: 'auto', fontSize: 13 }}>
      <CodeSnippet
        text={content}
        language={languageOf(name)}
        showLineNumbers
        showCopyCodeButton
      />
    </div>
  );
}

/** MLflow writes NaN into JSON, which is none; such a file is shown as text. */
function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
