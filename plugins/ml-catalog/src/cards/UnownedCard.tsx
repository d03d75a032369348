import { useEntity } from '@backstage/plugin-catalog-react';
import { Alert, ButtonLink, Flex } from '@backstage/ui';
import { CodeBlock } from '@downstage/react';

/** Says how to claim a model that was registered from code and belongs to nobody. */
export function UnownedCard() {
  const { name, namespace = 'default' } = useEntity().entity.metadata;
  return (
    <div>
      <Alert
        status="warning"
        title="Nobody owns this model"
        description="It was registered from code. Until a team claims it, it cannot be promoted or served. Claim it here, or put this into a catalog-info.yaml, with your team, and register the file."
      />
      <Flex py="3">
        <ButtonLink
          href={`/models?claim=${encodeURIComponent(
            namespace === 'default' ? name : `${namespace}/${name}`,
          )}`}
          variant="primary"
        >
          Claim it
        </ButtonLink>
      </Flex>
      <CodeBlock
        code={`apiVersion: downstage.dev/v1alpha1
kind: Model
metadata:
  name: ${name}${namespace === 'default' ? '' : `\n  namespace: ${namespace}`}
spec:
  type: classifier
  lifecycle: experimental
  owner: group:default/your-team
`}
      />
    </div>
  );
}
