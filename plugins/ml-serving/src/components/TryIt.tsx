import { useEffect, useState } from 'react';
import {
  predictRequestSchema,
  type Endpoint,
  type PredictResponse,
} from '@downstage/plugin-ml-serving-common';
import { CodeBlock, reasonOf, useAction } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text, TextAreaField } from '@backstage/ui';
import { mlServingApiRef } from '../api';
import { mlServingTranslationRef } from '../translation';

/** Rows in, predictions out, by the named columns of the version that answers. */
export function TryIt(props: { endpoint: Endpoint }) {
  const { namespace, name, variants } = props.endpoint;
  const answering = variants[0]?.version;
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const action = useAction();
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState<PredictResponse>();

  useEffect(() => {
    const abort = new AbortController();
    api
      .getPredictionLog(
        { params: { namespace, name } },
        { signal: abort.signal },
      )
      .then(
        ({ features }) => {
          // Before a version answers, its columns are not known.
          if (features.length)
            setText(before => before || exampleRow(features));
        },
        () => {}, // The form works without an example row.
      );
    return () => abort.abort();
  }, [api, namespace, name, answering]);

  const ask = () =>
    action.run(async () => {
      setAnswer(undefined);
      const body = predictRequestSchema.parse({
        rows: [readRows(text)].flat(),
      });
      setAnswer(await api.predict({ params: { namespace, name }, body }));
    });

  return (
    <Flex direction="column" gap="3">
      <Text color="secondary">{t('endpoint.tryText')}</Text>
      <TextAreaField
        label={t('endpoint.tryRows')}
        value={text}
        onChange={setText}
        rows={8}
      />
      <Flex>
        <Button
          onPress={ask}
          isPending={action.pending}
          isDisabled={!text.trim()}
        >
          {t('endpoint.tryAsk')}
        </Button>
      </Flex>
      {action.error && (
        <Alert
          status="danger"
          title={t('endpoint.tryFailed')}
          description={reasonOf(action.error)}
        />
      )}
      {answer && (
        <Flex direction="column" gap="2" role="status">
          <Text>
            {t('endpoint.answeredBy', {
              version: String(answer.modelVersion),
              request: answer.requestId,
            })}
          </Text>
          <CodeBlock code={JSON.stringify(answer.predictions, null, 2)} />
        </Flex>
      )}
    </Flex>
  );
}

function exampleRow(features: { name: string; type: string }[]) {
  const row = Object.fromEntries(
    features.map(({ name, type }) => [name, type === 'string' ? '' : 0]),
  );
  return JSON.stringify([row], null, 2);
}

function readRows(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${(error as Error).message}`);
  }
}
