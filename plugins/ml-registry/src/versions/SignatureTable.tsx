import type { Signature } from '@downstage/plugin-ml-registry-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import { PlainTable } from '@downstage/react';
import { mlRegistryTranslationRef } from '../shared/translation';

/** What a version takes and what it answers. */
export function SignatureTable(props: { signature: Signature | undefined }) {
  const { signature } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  if (!signature) {
    return <Text color="secondary">{t('versions.noSignature')}</Text>;
  }
  return (
    <Flex direction="column" gap="4">
      <Text as="h3" weight="bold">
        {t('versions.inputs')}
      </Text>
      <PlainTable
        caption={t('versions.inputs')}
        columns={[
          t('versions.column'),
          t('versions.type'),
          t('versions.required'),
        ]}
        rows={signature.inputs.map(({ name, type, required = true }) => ({
          key: name,
          cells: [name, type, required ? t('versions.yes') : t('versions.no')],
        }))}
      />
      <Text as="h3" weight="bold">
        {t('versions.outputs')}
      </Text>
      <PlainTable
        caption={t('versions.outputs')}
        columns={[t('versions.column'), t('versions.type')]}
        rows={signature.outputs.map(({ name, type, shape }, index) => ({
          key: name ?? String(index),
          cells: [
            name ?? `#${index}`,
            shape ? `${type} [${shape.join(', ')}]` : type,
          ],
        }))}
      />
    </Flex>
  );
}
