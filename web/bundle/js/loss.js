// What a lost link had taken and the host had not acknowledged.

import { decode, mayHaveTags } from './clone.js';

// packets: [JSON of packets joined by commas, or null for a piece of a big one, how many at its front to skip, how many
// at its front had left the page]. Gives {kind: 'send' or 'invoke' or 'sync', channel, args, mayHaveRun} for each message
// in order. Binary is not kept for it: args is undefined where there was some, and so is the channel of a big message.
export function listLost(packets) {
  const messages = [];
  for (const [text, skip, departed] of packets) {
    if (text === null) {
      messages.push({ kind: 'send', channel: undefined, args: undefined, mayHaveRun: departed > 0 });
      continue;
    }
    JSON.parse(`[${text}]`).forEach(([kind, channel, args, lengths], index) => {
      if (index < skip || kind === 'report') return;
      const values = lengths?.length > 0 ? undefined : mayHaveTags(text) ? decode(args, null) : args;
      messages.push({ kind, channel, args: values, mayHaveRun: index < departed });
    });
  }
  return messages;
}
