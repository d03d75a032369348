import { Link } from '@backstage/core-components';
import { Flex, Text } from '@backstage/ui';
import { CodeBlock } from '@downstage/react';

/** The shortest ways in, for somebody who has just arrived. */
export function WelcomeWidget() {
  return (
    <Flex direction="column" gap="3">
      <Text as="p">
        <Link to="/create">Create a model from a template</Link>: a project that
        trains at once, in about ten minutes.
      </Text>
      <Text as="p">
        <Link to="/catalog/default/model/tumour-malignancy">
          Look at the example model
        </Link>
        : trained, gated, approved, served and watched for drift.
      </Text>
      <Text as="p">Or log from a notebook with the plain MLflow client:</Text>
      <CodeBlock
        code={`export MLFLOW_TRACKING_URI=${window.location.origin}/api/ml-registry/mlflow`}
      />
    </Flex>
  );
}
