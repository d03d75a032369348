import { useEffect, useRef } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { ScaffolderField } from '@backstage/plugin-scaffolder-react/alpha';
import { reasonOf, refusalOf, useLoad } from '@downstage/react';
import TextField from '@material-ui/core/TextField';
import Autocomplete from '@material-ui/lab/Autocomplete';
import { mlDataApiRef } from '../shared/api';
import { guessTarget } from './guessTarget';
import { useWords } from '../shared/useWords';

/** `ui:options` of the field. */
export type ColumnPickerOptions = {
  /** The parameter of the template that names the dataset, `dataset` unless given. */
  datasetFrom?: string;
};

/**
 * A column of the dataset that another parameter names, chosen from its latest version, with a guess to begin with.
 *
 * @remarks
 * Where the columns cannot be read the name is typed, and the field says why.
 */
export function ColumnPicker(
  props: FieldExtensionComponentProps<string, ColumnPickerOptions>,
) {
  const { formData, onChange, schema, uiSchema, required, rawErrors } = props;
  const t = useWords();
  const api = useApi(mlDataApiRef);
  const { datasetFrom = 'dataset' } = uiSchema?.['ui:options'] ?? {};
  const chosen: unknown = props.formContext?.formData?.[datasetFrom];
  const dataset = typeof chosen === 'string' && chosen ? chosen : undefined;

  const loaded = useLoad(
    async signal => {
      if (!dataset) return undefined;
      const { namespace, name } = parseEntityRef(dataset);
      const version = await api.getDatasetVersion(
        { params: { namespace, name, version: 'latest' } },
        { signal },
      );
      return { dataset, version, guess: guessTarget(version) };
    },
    [api, dataset],
    { pollMs: 60_000 },
  );
  const found = loaded.value?.dataset === dataset ? loaded.value : undefined;
  const columns = found?.version.schema ?? [];
  const names = columns.map(({ name }) => name);
  const guess = found?.guess;

  // Once for each dataset: a user who empties the field afterwards means it.
  const offered = useRef<string>();
  useEffect(() => {
    if (!found || offered.current === found.dataset) return;
    offered.current = found.dataset;
    const known = found.version.schema.some(({ name }) => name === formData);
    if (!known) onChange(found.guess);
  }, [found, formData, onChange]);

  return (
    <ScaffolderField
      rawErrors={rawErrors}
      rawDescription={hint()}
      required={required}
      errors={props.errors}
    >
      <Autocomplete
        id={props.idSchema?.$id}
        size="small"
        options={names}
        value={
          formData && (!names.length || names.includes(formData))
            ? formData
            : null
        }
        // Without a list whatever is typed counts; with one, only what stands in it.
        freeSolo={!columns.length}
        onChange={(_event, value) => onChange(value || undefined)}
        onInputChange={(_event, value, reason) => {
          if (!columns.length && reason === 'input')
            onChange(value || undefined);
        }}
        renderOption={name => (
          <>
            {name}
            <span style={{ marginLeft: 'auto', paddingLeft: 16, opacity: 0.7 }}>
              {columns.find(column => column.name === name)?.type}
            </span>
          </>
        )}
        renderInput={params => (
          <TextField
            {...params}
            label={schema.title}
            variant="outlined"
            required={required}
            error={!!rawErrors?.length}
          />
        )}
      />
    </ScaffolderField>
  );

  function hint(): string {
    const what = schema.description ?? '';
    const say = (sentence: string) =>
      what ? `${what}. ${sentence}` : sentence;
    if (!dataset) return say(t('column.noDataset'));
    if (refusalOf(loaded.error) === 'not-found')
      return say(t('column.noVersion'));
    if (loaded.error)
      return say(t('column.unread', { reason: reasonOf(loaded.error) }));
    if (!found) return say(t('column.loading'));
    return say(
      guess && guess === formData
        ? t('column.guessed', { version: found.version.ref })
        : t('column.of', { version: found.version.ref }),
    );
  }
}
