import type { RecordedSources, Recordings, RecordSpec, Sources } from '../journal/recorded.ts';
import type { ReplayedSources } from '../journal/replayed.ts';

/** The journals of a runner's calls. Their machinery is loaded with the first one. */
export class Journals {
  #recordings: Recordings | undefined;

  async record(sources: Pick<Sources, 'clock' | 'mounts'>, spec: RecordSpec): Promise<RecordedSources> {
    this.#recordings ??= new (await import('../journal/recorded.ts')).Recordings();
    return this.#recordings.start(sources, spec);
  }

  /** @throws HostError `audit-invalid` for bytes that are no journal */
  async replay(journal: Uint8Array): Promise<ReplayedSources> {
    return (await import('../journal/replayed.ts')).replayed(journal);
  }
}
