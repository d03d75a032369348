import { Frame, Section, Time, useLoad } from '@downstage/react';
import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import { RiHistoryLine } from '@remixicon/react';
import { orWhenNotFound } from '../hooks/orWhenNotFound';
import { useRegistry } from '../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../translation';
import { Person } from './Person';

/** Everything that was decided about a model, with who and why, newest first. */
export function History(props: { namespace: string; name: string }) {
  const { namespace, name } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const history = useLoad(
    signal =>
      orWhenNotFound(
        api.listModelHistory({ params: { namespace, name } }, { signal }),
        { items: [] },
      ),
    [api, namespace, name],
    {
      pollMs: 60_000,
      channel: [
        mlRegistryTopics.stageChanged,
        mlRegistryTopics.promotionChanged,
      ],
    },
  );
  return (
    <Section title={t('history.title')}>
      <Frame
        value={history}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('history.emptyTitle'),
          description: t('history.emptyText'),
        }}
      >
        {({ items }) => (
          <ol
            aria-label={t('history.title')}
            style={{ listStyle: 'none', margin: 0, padding: 0 }}
          >
            {items.map((item, index) => (
              <li
                key={`${item.at} ${index}`}
                style={{
                  padding: '8px 0 8px 12px',
                  borderLeft: '2px solid var(--bui-border-2)',
                }}
              >
                <Flex gap="2" align="start">
                  <RiHistoryLine size={16} aria-hidden />
                  <div>
                    <Text as="div">
                      {item.version !== undefined && (
                        <strong>
                          {t('versions.heading', {
                            version: String(item.version),
                          })}
                          {item.from && item.to && (
                            <>
                              {' '}
                              {item.from} → {item.to}
                            </>
                          )}
                          {' · '}
                        </strong>
                      )}
                      {item.message}
                    </Text>
                    <Text as="div" color="secondary" variant="body-small">
                      <Person entityRef={item.actor} /> ·{' '}
                      {item.action.replaceAll('-', ' ')} · <Time at={item.at} />
                    </Text>
                  </div>
                </Flex>
              </li>
            ))}
          </ol>
        )}
      </Frame>
    </Section>
  );
}
