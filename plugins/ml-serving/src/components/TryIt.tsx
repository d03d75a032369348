import { useEffect, useState } from 'react';
import {
  predictRequestSchema,
  type Endpoint,
  type InputExample,
  type PredictResponse,
} from '@downstage/plugin-ml-serving-common';
import { CodeBlock, useAction, Reason } from '@downstage/react';
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
  const [refusal, setRefusal] = useState<string>();
  const [answer, setAnswer] = useState<PredictResponse>();

  useEffect(() => {
    const abort = new AbortController();
    const request = { params: { namespace, name } };
    const options = { signal: abort.signal };
    api
      .getPredictionLog(request, options)
      .then(async ({ features }) => {
        // Before a version answers, its columns are not known.
        if (!features.length) return;
        const example = await api
          .getInputExample(request, options)
          .catch((): InputExample => ({ rows: [] }));
        setRefusal(example.refusal);
        const shown = example.rows.length ? example.rows : [emptyRow(features)];
        setText(before => before || JSON.stringify(shown, null, 2));
      })
      .catch(() => {}); // The form works without an example row.
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
        description={refusal && t('endpoint.tryNoExample', { reason: refusal })}
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
          description={<Reason error={action.error} />}
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

/** Where the version was logged without an input example: the names, to be filled in. */
function emptyRow(features: { name: string; type: string }[]) {
  return Object.fromEntries(
    features.map(({ name, type }) => [name, type === 'string' ? '' : 0]),
  );
}

function readRows(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${(error as Error).message}`);
  }
}
