import { Buffer } from 'node:buffer';

/** An encoded CheckResponse that is given again and again with nothing but another decision id. */
export class ResponseTemplate {
  readonly #bytes: Buffer;
  readonly #idLength: number;

  private constructor(bytes: Buffer, idLength: number) {
    this.#bytes = bytes;
    this.#idLength = idLength;
  }

  /**
   * Makes a template of a response.
   *
   * @returns undefined unless the response ends with its decision id, as it does where the policy names none itself
   */
  static of(response: Buffer, decisionId: string): ResponseTemplate | undefined {
    const id = Buffer.from(decisionId, 'latin1');
    const end = response.subarray(-id.length);
    return id.length > 0 && end.equals(id) ? new ResponseTemplate(response, id.length) : undefined;
  }

  /** @param decisionId as long as the one that the template was made with */
  with(decisionId: string): Buffer {
    const template = this.#bytes;
    const response = Buffer.allocUnsafe(template.length);
    template.copy(response);
    response.write(decisionId, template.length - this.#idLength, 'latin1');
    return response;
  }
}
