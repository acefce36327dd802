import { parseListenAddress } from '../config/address.js';
import { PortcullisError } from '../errors/portcullis-error.js';

/** @throws PortcullisError `config_invalid`; an address that the configuration has passed is valid */
export function listenAddress(text: string) {
  const address = parseListenAddress(text);
  if (!address.ok) throw new PortcullisError('config_invalid', `${text}: expected ${address.error}`);
  return address.value;
}
