import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Flex } from '@backstage/ui';
import { CodeBlock } from '@downstage/react';
import { useTrackingUri } from './hooks/useTrackingUri';
import { mlRegistryTranslationRef } from './translation';

/**
 * The shortest script that logs a run and registers a model, with this portal's address in it. Where it is no certain
 * model, a template is the other way to a first one.
 */
export function SnippetRegister(props: { modelName?: string }) {
  const uri = useTrackingUri();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const snippet = (
    <CodeBlock
      label="Copy the snippet"
      code={`import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

# MLFLOW_TRACKING_TOKEN in the environment says who you are
mlflow.set_tracking_uri("${uri}")
mlflow.set_experiment("${props.modelName ?? 'my-model'}")
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
with mlflow.start_run():
    model = LogisticRegression(max_iter=5000).fit(X, y)
    mlflow.log_metric("accuracy", model.score(X, y))
    mlflow.sklearn.log_model(model, name="model", input_example=X.head(),
                             registered_model_name="${
                               props.modelName ?? 'my-model'
                             }")`}
    />
  );
  if (props.modelName) return snippet;
  return (
    <Flex direction="column" gap="4">
      {snippet}
      <Flex>
        <ButtonLink href="/create" variant="primary">
          {t('models.emptyAction')}
        </ButtonLink>
      </Flex>
    </Flex>
  );
}
