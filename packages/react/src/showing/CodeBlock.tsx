import { CopyButton } from './CopyButton';

/** Code or a command to take along, with a button that copies it. */
export function CodeBlock(props: { code: string; label?: string }) {
  return (
    <div
      style={{
        display: 'flex',
        alignItems: 'flex-start',
        borderRadius: 6,
        color: 'var(--bui-fg-primary)',
        background: 'var(--bui-bg-neutral-2, #8881)',
      }}
    >
      <pre
        style={{
          flex: 1,
          minWidth: 0,
          margin: 0,
          padding: 12,
          overflowX: 'auto',
          fontSize: 13,
          lineHeight: 1.5,
          background: 'transparent',
        }}
      >
        <code>{props.code}</code>
      </pre>
      {/* Beside the lines, not over them: the end of a long one is read by scrolling. */}
      <div style={{ padding: 6 }}>
        <CopyButton text={props.code} label={props.label ?? 'Copy the code'} />
      </div>
    </div>
  );
}
