import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import { CodeBlock, formatNumber, Frame, useLoad } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import { mlServingApiRef } from '../api';
import { mlServingTranslationRef } from '../translation';

/** What the prediction log holds, and how to read it. */
export function PredictionLogFacts(props: { endpoint: Endpoint }) {
  const { namespace, name } = props.endpoint;
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const log = useLoad(
    signal => api.getPredictionLog({ params: { namespace, name } }, { signal }),
    [namespace, name],
  );
  return (
    <Frame value={log}>
      {({ rows, dropped, features, predictions, parquetGlob }) => (
        <Flex direction="column" gap="3">
          <Text>
            {t('endpoint.logRows')}: {formatNumber(rows)} ·{' '}
            {t('endpoint.logDropped')}: {formatNumber(dropped)} ·{' '}
            {t('endpoint.logColumns')}:{' '}
            {formatNumber(features.length + predictions.length)}
          </Text>
          {parquetGlob && (
            <CodeBlock
              code={`SELECT * FROM read_parquet('${parquetGlob}', union_by_name = true) ORDER BY at DESC LIMIT 10;`}
            />
          )}
        </Flex>
      )}
    </Frame>
  );
}
