import { useState } from 'react';
import {
  isCardField,
  type ModelCard,
  type ModelVersion,
} from '@downstage/plugin-ml-registry-common';
import { Frame, Section, useLoad } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text } from '@backstage/ui';
import { RiEditLine } from '@remixicon/react';
import { useRegistry } from '../../shared/hooks/useRegistry';
import { exportPath } from '../../shared/paths';
import { mlRegistryTranslationRef } from '../../shared/translation';
import { CardForm } from './CardForm';
import { DeclaredCardView } from './DeclaredCardView';
import { ExportButton } from '../../shared/ExportButton';
import { VerifiedCardView } from './VerifiedCardView';

/** The model card of a version: what people say, and apart from it what the registry knows. */
export function CardTab(props: { version: ModelVersion; mayEdit: boolean }) {
  const { version, mayEdit } = props;
  const { namespace, name } = parseEntityRef(version.modelRef);
  const params = { namespace, name, version: version.version };
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [editing, setEditing] = useState(false);
  const card = useLoad(
    signal => api.getVersionCard({ params }, { signal }),
    [api, version.ref],
    { pollMs: 0 },
  );
  return (
    <Frame value={card}>
      {value => (
        <Flex direction="column" gap="4">
          <Flex gap="2" justify="end" style={{ flexWrap: 'wrap' }}>
            <ExportButton
              path={exportPath(params, 'card.md')}
              fileName={`${name}-${version.version}-card.md`}
              failed={t('card.exportFailed')}
            >
              {t('card.markdown')}
            </ExportButton>
            <ExportButton
              path={exportPath(params, 'bom.json')}
              fileName={`${name}-${version.version}.cdx.json`}
              failed={t('card.exportFailed')}
            >
              {t('card.bom')}
            </ExportButton>
            {mayEdit && !editing && (
              <Button
                variant="primary"
                size="small"
                iconStart={<RiEditLine />}
                onPress={() => setEditing(true)}
              >
                {value.saved ? t('card.edit') : t('card.write')}
              </Button>
            )}
          </Flex>
          <Section title={t('card.declared')}>
            <Flex direction="column" gap="3">
              <Text color="secondary">{t('card.declaredText')}</Text>
              <Completeness card={value} />
              {editing ? (
                <CardForm
                  card={value}
                  onClose={() => setEditing(false)}
                  onSaved={() => {
                    setEditing(false);
                    card.retry();
                  }}
                />
              ) : (
                <DeclaredCardView card={value} />
              )}
            </Flex>
          </Section>
          <Section title={t('card.verified')}>
            <VerifiedCardView card={value} />
          </Section>
        </Flex>
      )}
    </Frame>
  );
}

function Completeness({ card }: { card: ModelCard }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { missing } = card.completeness;
  if (!card.saved) return null;
  return (
    <Text color="secondary">
      {missing.length
        ? t('card.missing', {
            fields: missing
              .map(field =>
                isCardField(field) ? t(`card.fields.${field}`) : field,
              )
              .join(', '),
          })
        : t('card.complete')}
    </Text>
  );
}
