/** The service that Portcullis is to Envoy. */
export const authorizationService = 'envoy.service.auth.v3.Authorization';

/**
 * Its one method. Messages travel as bytes: `readCheckRequest` and `writeCheckResponse` are the codec.
 */
export const checkPath = `/${authorizationService}/Check`;
