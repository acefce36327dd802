import { isDeepStrictEqual } from 'node:util';
import type { Running } from '../contenders/contender.js';
import { askCheck } from '../rig/check-client.js';
import { decided } from '../workloads/check-request.js';
import type { Workload } from '../workloads/workload.js';

const compared = 16;

/**
 * Being fast with another answer is worth nothing: before anything is measured, all contenders that decide must decide
 * alike.
 *
 * @throws Error that shows the first difference
 */
export async function requireSameAnswers(running: readonly Running[], workload: Workload): Promise<void> {
  const deciding = running.filter(({ contender }) => contender.decides);
  for (const [index, message] of (await workload.messages()).slice(0, compared).entries()) {
    const answers: { readonly id: string; readonly answer: object }[] = [];
    for (const { address, contender } of deciding) {
      answers.push({ id: contender.id, answer: decided(await askCheck(address, message)) });
    }
    const different = answers.find(({ answer }) => !isDeepStrictEqual(answer, answers[0]?.answer));
    if (different !== undefined) {
      const texts = [answers[0], different].map((one) => `${one?.id}: ${JSON.stringify(one?.answer)}`);
      throw new Error(`${workload.id}, request ${index}: the answers differ\n${texts.join('\n')}`);
    }
  }
}
