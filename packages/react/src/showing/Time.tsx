import { formatRelative } from './format';

/** A moment as people say it, with the exact one on hover. */
export function Time(props: { at: string | undefined }) {
  if (!props.at) return <>–</>;
  return (
    <time dateTime={props.at} title={new Date(props.at).toLocaleString()}>
      {formatRelative(props.at)}
    </time>
  );
}
