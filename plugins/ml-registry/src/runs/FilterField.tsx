import { useId, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import {
  checkRunFilter,
  completeRunFilter,
  type FilterFault,
} from '@downstage/plugin-ml-registry-common';
import { mlRegistryTranslationRef } from '../shared/translation';
import styles from './FilterField.module.css';

/** A filter in MLflow's search language: completes names, operators and values, and says what is wrong where it is. */
export function FilterField(props: {
  value: string;
  onApply: (filter: string) => void;
  fields: { metrics: string[]; params: string[]; tags: string[] };
}) {
  const { value, onApply, fields } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [applied, setApplied] = useState(value);
  const [cursor, setCursor] = useState(0);
  const [isOpen, setIsOpen] = useState(false);
  const [marked, setMarked] = useState(-1);
  const [problem, setProblem] = useState<FilterFault>();
  if (applied !== value) {
    setApplied(value);
    setText(value);
    setProblem(undefined);
  }
  const completion = completeRunFilter(text, cursor, fields);
  const options = isOpen ? completion.options : [];

  const apply = () => {
    const found = checkRunFilter(text);
    setProblem(found);
    setIsOpen(false);
    if (!found) onApply(text.trim());
  };
  const write = (next: string, at: number) => {
    setText(next);
    setCursor(at);
    setMarked(-1);
    if (problem) setProblem(checkRunFilter(next));
  };
  const take = (option: string) => {
    const before = `${text.slice(0, completion.from)}${option} `;
    write(`${before}${text.slice(completion.to).trimStart()}`, before.length);
    // The cursor can be set only once the field has the new text.
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(before.length, before.length);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!isOpen) setIsOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const count = completion.options.length;
      setMarked(at => (count === 0 ? -1 : (at + step + count) % count));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const option = options[marked];
      if (option) take(option);
      else apply();
    } else if (event.key === 'Tab' && options[marked]) {
      event.preventDefault();
      take(options[marked]);
    } else if (event.key === 'Escape') {
      setIsOpen(false);
    }
  };

  return (
    <div style={{ position: 'relative', flex: '1 1 360px' }}>
      <Flex direction="column" gap="1">
        <label htmlFor={id} style={{ fontSize: 14 }}>
          {t('runs.filter')}
        </label>
        <input
          id={id}
          ref={input}
          role="combobox"
          aria-expanded={options.length > 0}
          aria-controls={`${id}-options`}
          aria-activedescendant={
            options[marked] ? `${id}-${marked}` : undefined
          }
          aria-autocomplete="list"
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-help`}
          autoComplete="off"
          spellCheck={false}
          placeholder="metrics.auc > 0.9 AND params.C = '1.0'"
          className={styles.field}
          value={text}
          onChange={event => {
            setIsOpen(true);
            write(
              event.target.value,
              event.target.selectionStart ?? event.target.value.length,
            );
          }}
          onSelect={event =>
            setCursor(event.currentTarget.selectionStart ?? text.length)
          }
          onFocus={() => setIsOpen(true)}
          onBlur={() => {
            setIsOpen(false);
            if (text.trim() !== value) apply();
          }}
          onKeyDown={onKeyDown}
        />
        <div id={`${id}-help`} aria-live="polite">
          {problem && <Problem text={text} problem={problem} />}
        </div>
      </Flex>
      {options.length > 0 && (
        <ul
          id={`${id}-options`}
          role="listbox"
          aria-label={t('runs.filter')}
          style={{
            position: 'absolute',
            zIndex: 10,
            top: 66,
            left: 0,
            minWidth: 280,
            margin: 0,
            padding: 4,
            listStyle: 'none',
            borderRadius: 8,
            border: '1px solid var(--bui-border-2)',
            background: 'var(--bui-bg-popover, var(--bui-bg-app))',
            boxShadow: '0 4px 16px #0003',
          }}
        >
          {options.map((option, index) => (
            // The keyboard reaches options through the field, as the pattern of a combobox has it.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <li
              key={option}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === marked}
              onMouseDown={event => event.preventDefault()}
              onClick={() => take(option)}
              style={{
                padding: '4px 8px',
                borderRadius: 4,
                cursor: 'pointer',
                fontFamily: 'var(--bui-font-monospace, monospace)',
                fontSize: 13,
                color: 'var(--bui-fg-primary)',
                background:
                  index === marked ? 'var(--bui-bg-neutral-2)' : 'transparent',
              }}
            >
              {option}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Problem(props: { text: string; problem: FilterFault }) {
  const { text, problem } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { from, to, message } = problem;
  return (
    <Flex direction="column" gap="1">
      <Text variant="body-small" color="danger">
        {message}
      </Text>
      <code style={{ fontSize: 13, color: 'var(--bui-fg-secondary)' }}>
        {text.slice(Math.max(0, from - 40), from)}
        <mark
          style={{
            background: 'transparent',
            color: 'var(--bui-fg-negative, #c21d1d)',
            textDecoration: 'underline wavy',
          }}
        >
          {from === to ? `⟨${t('runTable.filterEnd')}⟩` : text.slice(from, to)}
        </mark>
        {text.slice(to, to + 40)}
      </code>
    </Flex>
  );
}
