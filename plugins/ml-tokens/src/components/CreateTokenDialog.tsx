import { useState } from 'react';
import type {
  CreatedToken,
  OfferedScope,
} from '@downstage/plugin-ml-tokens-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Dialog, DialogHeader } from '@backstage/ui';
import { mlTokensTranslationRef } from '../translation';
import { CreateTokenForm } from './CreateTokenForm';
import { TokenSecret } from './TokenSecret';

/** Makes a token, then shows its secret, once: what is closed cannot be opened again. */
export function CreateTokenDialog(props: {
  lifetimes: { defaultDays: number; maxDays: number };
  scopes: OfferedScope[];
  onMade: () => void;
  onClose: () => void;
}) {
  const { lifetimes, scopes, onMade, onClose } = props;
  const { t } = useTranslationRef(mlTokensTranslationRef);
  const [made, setMade] = useState<CreatedToken>();
  return (
    <Dialog
      isOpen
      // A click beside the dialog, or a key, must not lose a secret that was not copied yet.
      isDismissable={!made}
      isKeyboardDismissDisabled={made !== undefined}
      onOpenChange={open => !open && onClose()}
      width="min(720px, 94vw)"
    >
      <DialogHeader>
        {made
          ? t('secret.title', { name: made.token.name })
          : t('create.title')}
      </DialogHeader>
      {made ? (
        <TokenSecret made={made} onClose={onClose} />
      ) : (
        <CreateTokenForm
          lifetimes={lifetimes}
          scopes={scopes}
          onClose={onClose}
          onMade={created => {
            setMade(created);
            onMade();
          }}
        />
      )}
    </Dialog>
  );
}
