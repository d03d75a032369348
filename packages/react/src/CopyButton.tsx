import { useState } from 'react';
import { ButtonIcon } from '@backstage/ui';
import { RiCheckLine, RiFileCopyLine } from '@remixicon/react';

/** Copies a command or an id, and says that it did. */
export function CopyButton(props: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <ButtonIcon
      size="small"
      variant="tertiary"
      aria-label={copied ? 'Copied' : props.label ?? 'Copy'}
      icon={copied ? <RiCheckLine /> : <RiFileCopyLine />}
      onPress={async () => {
        await navigator.clipboard.writeText(props.text);
        setCopied(true);
        setTimeout(() => setCopied(false), 1500);
      }}
    />
  );
}
