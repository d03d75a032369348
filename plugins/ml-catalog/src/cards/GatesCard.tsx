import { useEntity } from '@backstage/plugin-catalog-react';
import { Card, CardBody, CardHeader, Flex, Text } from '@backstage/ui';
import { isModelEntity } from '@downstage/plugin-ml-catalog-common';
import { describeGate } from './describeGate';

/** What a version has to show before it goes to production, as the model's file says. */
export function GatesCard() {
  const { entity } = useEntity();
  if (!isModelEntity(entity)) return null;
  const { evaluation, risk = 'limited', approvals } = entity.spec;
  const gates = (evaluation?.gates ?? []).flatMap(describeGate);
  return (
    <Card>
      <CardHeader>
        <Text variant="title-x-small" as="h2">
          Before production
        </Text>
      </CardHeader>
      <CardBody>
        <Flex direction="column" gap="2">
          {gates.length === 0 ? (
            <Text color="secondary">
              No gate. Add spec.evaluation.gates to the model's file to have
              every version measured against a limit.
            </Text>
          ) : (
            <ul style={{ margin: 0, paddingInlineStart: '1.2em' }}>
              {gates.map(gate => (
                <li key={gate}>
                  <Text>{gate}</Text>
                </li>
              ))}
            </ul>
          )}
          <Text color="secondary">
            Risk: {risk}
            {approvals !== undefined && ` · approvals: ${approvals}`}
          </Text>
        </Flex>
      </CardBody>
    </Card>
  );
}
