import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { Flex, Radio, RadioGroup, TextField } from '@backstage/ui';
import { joinTarget, splitTarget } from './target';

/**
 * Where a project is published: `local`, or `github.com?owner=acme`. GitHub is offered only for hosts the portal has an
 * integration for. So nobody is led to a step that cannot succeed.
 */
export function PublishPicker(props: FieldExtensionComponentProps<string>) {
  const { formData, onChange, schema, rawErrors } = props;
  const config = useApi(configApiRef);
  const hosts = (
    config.getOptionalConfigArray('integrations.github') ?? []
  ).map(integration => integration.getOptionalString('host') ?? 'github.com');
  const { host, owner } = splitTarget(formData);
  return (
    <Flex direction="column" gap="3">
      <RadioGroup
        label={schema.title ?? 'Repository'}
        description={schema.description}
        value={host}
        onChange={value => onChange(joinTarget({ host: value, owner }))}
      >
        <Radio value="local">On this portal's machine</Radio>
        {hosts.map(name => (
          <Radio key={name} value={name}>
            {name}
          </Radio>
        ))}
      </RadioGroup>
      {host !== 'local' && (
        <TextField
          label="Organisation or user"
          value={owner}
          isRequired
          isInvalid={!!rawErrors?.length}
          onChange={value => onChange(joinTarget({ host, owner: value }))}
        />
      )}
    </Flex>
  );
}
