import { useLayoutEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { MarkdownContent } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import {
  sandboxedDocument,
  type SandboxColors,
  type SandboxedKind,
} from './sandboxedDocument';
import { mlRegistryTranslationRef } from '../shared/translation';

type Preview = { content: string; title: string; height?: number };

/**
 * Shows an HTML, SVG or Markdown file that anybody's training job may have written, without the portal's origin: in
 * a frame in which no script runs and nothing is loaded.
 *
 * @example
 * ```tsx
 * <SandboxedPreview kind="markdown" content={await blob.text()} title="notes.md" />
 * ```
 */
export function SandboxedPreview(props: Preview & { kind: SandboxedKind }) {
  const { kind, ...preview } = props;
  return kind === 'markdown' ? (
    <MarkdownPreview {...preview} />
  ) : (
    <SandboxFrame kind={kind} {...preview} />
  );
}

/** Markdown becomes HTML in a document of its own, where nothing is loaded, and that HTML goes into the frame. */
function MarkdownPreview(props: Preview) {
  const { content } = props;
  const [inert] = useState(() => document.implementation.createHTMLDocument());
  const [html, setHtml] = useState<string>();
  useLayoutEffect(() => setHtml(inert.body.innerHTML), [inert, content]);
  return (
    <>
      {createPortal(<MarkdownContent content={content} />, inert.body)}
      {html !== undefined && (
        <SandboxFrame {...props} kind="markdown" content={html} />
      )}
    </>
  );
}

function SandboxFrame(props: Preview & { kind: SandboxedKind }) {
  const { kind, content, title, height = 480 } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const colors = useColors();
  return (
    <Flex direction="column" gap="2">
      <iframe
        // Nothing is allowed: no scripts, no origin, no forms, no way out of the frame.
        sandbox=""
        referrerPolicy="no-referrer"
        srcDoc={sandboxedDocument(kind, content, colors)}
        title={t('sandbox.title', { name: title })}
        style={{
          width: '100%',
          height,
          border: '1px solid var(--bui-border-1)',
          borderRadius: 4,
          background: kind === 'html' ? '#fff' : 'transparent',
        }}
      />
      {kind === 'html' && (
        <Text color="secondary" variant="body-small">
          {t('sandbox.noScripts')}
        </Text>
      )}
    </Flex>
  );
}

/** The theme's colours as values: a document of another origin sees none of the portal's. */
function useColors(): SandboxColors {
  const [colors, setColors] = useState(readColors);
  useLayoutEffect(() => {
    const observer = new MutationObserver(() => setColors(readColors()));
    observer.observe(document.body, {
      attributes: true,
      attributeFilter: ['data-theme-mode', 'data-theme-name', 'class'],
    });
    return () => observer.disconnect();
  }, []);
  return colors;
}

function readColors(): SandboxColors {
  const style = getComputedStyle(document.body);
  const value = (name: string, otherwise: string) =>
    style.getPropertyValue(name).trim() || otherwise;
  const dark = document.body.dataset.themeMode === 'dark';
  return {
    dark,
    text: value('--bui-fg-primary', dark ? '#fff' : '#000'),
    background: value('--bui-bg-app', dark ? '#121212' : '#fff'),
    border: value('--bui-border-2', '#8888'),
  };
}
