import { CopyButton } from './CopyButton';

/** Code or a command to take along, with a button that copies it. */
export function CodeBlock(props: { code: string; label?: string }) {
  return (
    <div style={{ position: 'relative' }}>
      <pre
        style={{
          margin: 0,
          padding: '12px 44px 12px 12px',
          overflowX: 'auto',
          borderRadius: 6,
          fontSize: 13,
          lineHeight: 1.5,
          color: 'var(--bui-fg-primary)',
          background: 'var(--bui-bg-neutral-2, #8881)',
        }}
      >
        <code>{props.code}</code>
      </pre>
      {/* Long lines scroll below the button and stay legible beside it. */}
      <div
        style={{
          position: 'absolute',
          top: 6,
          right: 6,
          background: 'var(--bui-bg-neutral-2, #eee)',
        }}
      >
        <CopyButton text={props.code} label={props.label ?? 'Copy the code'} />
      </div>
    </div>
  );
}
