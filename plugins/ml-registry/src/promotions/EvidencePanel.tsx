import { useState } from 'react';
import type { Promotion } from '@downstage/plugin-ml-registry-common';
import { Facts, Time } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text } from '@backstage/ui';
import { mlRegistryTranslationRef } from '../shared/translation';
import { Person } from '../shared/Person';

/** What the decision rests on beside metrics and data, and the approvals that stopped counting when it changed. */
export function EvidencePanel(props: { promotion: Promotion }) {
  const { evidence, lapses = [] } = props.promotion;
  const { files, card } = evidence;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [open, setOpen] = useState(false);
  return (
    <Flex direction="column" gap="3">
      <Text as="h3" weight="bold">
        {t('governance.evidence')}
      </Text>
      <Facts
        facts={[
          {
            label: t('governance.evidenceAt'),
            value: <Time at={evidence.at} />,
          },
          { label: t('governance.evidenceCommit'), value: evidence.commit },
          {
            label: t('governance.evidenceFiles'),
            value: files && (
              <span style={{ overflowWrap: 'anywhere' }}>
                {t('governance.evidenceFileCount', {
                  files: String(files.items.length),
                  digest: files.digest,
                })}
              </span>
            ),
          },
          {
            label: t('governance.evidenceCard'),
            value:
              card &&
              t('governance.evidenceCardFields', {
                filled: String(card.filled.length),
                total: String(card.filled.length + card.missing.length),
              }),
          },
        ]}
      />
      {files && files.items.length > 0 && (
        <div>
          <Button
            size="small"
            variant="tertiary"
            aria-expanded={open}
            onPress={() => setOpen(!open)}
          >
            {open ? t('governance.hideFiles') : t('governance.showFiles')}
          </Button>
          {open && (
            <ul style={{ margin: 0, overflowWrap: 'anywhere' }}>
              {files.items.map(({ path, sha256 }) => (
                <li key={path}>
                  <code>{path}</code> <code>{sha256 ?? '–'}</code>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      {lapses.length > 0 && (
        <Flex direction="column" gap="2">
          <Text as="h3" weight="bold">
            {t('governance.lapses')}
          </Text>
          {lapses.map(lapse => (
            <Text as="div" key={lapse.at}>
              <Time at={lapse.at} />
              {' · '}
              {t('governance.lapse', { changes: lapse.changes.join('; ') })}
              {lapse.approvals.map(({ by }) => (
                <span key={by}>
                  {' '}
                  <Person entityRef={by} />
                </span>
              ))}
            </Text>
          ))}
        </Flex>
      )}
    </Flex>
  );
}
