import { useState } from 'react';
import {
  cardFieldNames,
  type DeclaredCard,
  type ModelCard,
} from '@downstage/plugin-ml-registry-common';
import { parseVersionRef } from '@downstage/common';
import { useAction, Reason } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, TextAreaField, TextField } from '@backstage/ui';
import { useRegistry } from '../../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../../shared/translation';

/** Writes the declared part of a card. Begins with what is saved, or with the proposal. */
export function CardForm(props: {
  card: ModelCard;
  onClose: () => void;
  onSaved: () => void;
}) {
  const { card, onClose, onSaved } = props;
  const api = useRegistry();
  const action = useAction();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [declared, setDeclared] = useState<DeclaredCard>(card.declared);
  const set = (field: keyof DeclaredCard) => (text: string) =>
    setDeclared(before => ({ ...before, [field]: text }));

  const submit = async () => {
    const done = await action.run(
      () =>
        api.saveVersionCard({
          params: parseVersionRef(card.ref),
          body: declared,
        }),
      { title: t('card.saved') },
    );
    if (done) onSaved();
  };

  return (
    <Flex direction="column" gap="4">
      {cardFieldNames.map((field, index) => {
        const common = {
          label: t(`card.fields.${field}`),
          description: t(`card.hints.${field}`),
          value: declared[field] ?? '',
          onChange: set(field),
          // The button that was pressed is gone; the keyboard goes on here.
          autoFocus: index === 0,
        };
        return field === 'licence' ? (
          <TextField key={field} {...common} />
        ) : (
          <TextAreaField key={field} {...common} />
        );
      })}
      <TextAreaField
        label={t('card.body')}
        value={declared.body ?? ''}
        onChange={set('body')}
      />
      {action.error && (
        <Alert
          status="danger"
          title={t('card.saveFailed')}
          description={<Reason error={action.error} />}
        />
      )}
      <Flex gap="2">
        <Button variant="primary" isPending={action.pending} onPress={submit}>
          {t('card.save')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('card.cancel')}
        </Button>
      </Flex>
    </Flex>
  );
}
