/** What a code in the answer of the HTTP Event Collector means for the batch. */
export type CodeMeaning = 'accepted' | 'refused' | 'retry' | 'bad-event';

/** Source: Splunk Enterprise, “Troubleshoot HTTP Event Collector”, and its reply codes. */
const MEANINGS: ReadonlyMap<number, CodeMeaning> = new Map<number, CodeMeaning>([
  [0, 'accepted'],
  [1, 'refused'], // token disabled
  [2, 'refused'], // token required
  [3, 'refused'], // invalid authorization
  [4, 'refused'], // invalid token
  [5, 'refused'], // no data: something on the way took it
  [6, 'bad-event'], // invalid data format
  [7, 'refused'], // index not allowed for the token
  [8, 'retry'], // internal error
  [9, 'retry'], // busy
  [10, 'refused'], // data channel missing: the token wants acknowledgements
  [11, 'refused'], // data channel invalid
  [12, 'bad-event'], // no event
  [13, 'bad-event'], // empty event
  [14, 'refused'], // acknowledgements are off for the token
  [15, 'bad-event'], // indexed fields
  [16, 'refused'], // credentials by query are off
  [18, 'retry'], // queues full
  [19, 'retry'], // acknowledgement service unavailable
  [20, 'retry'], // both
  [23, 'retry'], // shutting down
  [26, 'retry'], // queue at capacity
  [27, 'retry'], // acknowledgement channel at capacity
]);

/** The meaning, or `undefined` for a code that is not known: then the status decides. */
export function meaningOf(code: unknown): CodeMeaning | undefined {
  return typeof code === 'number' ? MEANINGS.get(code) : undefined;
}
