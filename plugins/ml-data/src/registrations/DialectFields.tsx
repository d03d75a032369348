import { Flex, Select, Text, TextField } from '@backstage/ui';
import { textEncodings } from '@downstage/plugin-ml-data-common';
import { CodeBlock } from '@downstage/react';
import {
  dialectAsYaml,
  dialectOfForm,
  type DialectForm,
} from './dialectOfForm';
import { useWords } from '../shared/useWords';

/** How the text is written, for one registration; what is left alone is found in the file or said by the entity. */
export function DialectFields(props: {
  value: DialectForm;
  onChange: (value: DialectForm) => void;
  isDisabled?: boolean;
}) {
  const { value, onChange, isDisabled } = props;
  const t = useWords();
  const found = { value: '', label: t('dialect.found') };
  const words = (options: readonly (readonly [string, string])[]) => [
    found,
    ...options.map(([each, label]) => ({ value: each, label })),
  ];
  const point = ['.', t('dialect.point')] as const;
  const comma = [',', t('dialect.comma')] as const;
  const choices = {
    delimiter: words([
      comma,
      [';', t('dialect.semicolon')],
      ['\t', t('dialect.tab')],
      ['|', t('dialect.bar')],
    ]),
    decimal: words([point, comma]),
    thousands: words([
      comma,
      point,
      [' ', t('dialect.space')],
      ["'", t('dialect.apostrophe')],
    ]),
    header: words([
      ['yes', t('dialect.headerYes')],
      ['no', t('dialect.headerNo')],
    ]),
    encoding: words(textEncodings.map(each => [each, each] as const)),
  };
  const dialect = dialectOfForm(value);
  return (
    <Flex direction="column" gap="3">
      <Text color="secondary">{t('dialect.text')}</Text>
      <div
        style={{
          display: 'grid',
          gridTemplateColumns: 'repeat(auto-fill, minmax(200px, 1fr))',
          gap: 12,
        }}
      >
        {(
          ['delimiter', 'decimal', 'thousands', 'header', 'encoding'] as const
        ).map(name => (
          <Select
            key={name}
            label={t(`dialect.${name}`)}
            options={choices[name]}
            value={value[name]}
            isDisabled={isDisabled}
            onChange={key => onChange({ ...value, [name]: String(key ?? '') })}
          />
        ))}
        <TextField
          label={t('dialect.nullWords')}
          value={value.nullWords}
          isDisabled={isDisabled}
          onChange={nullWords => onChange({ ...value, nullWords })}
        />
      </div>
      {dialect && (
        <>
          <Text color="secondary">{t('dialect.keep')}</Text>
          <CodeBlock code={dialectAsYaml(dialect)} />
        </>
      )}
    </Flex>
  );
}
