/** Question is what the node asks a device, as WebAuthn writes it in JSON: binary values in base64url. */
export interface Question { publicKey: Record<string, unknown> & { challenge: string } }

const bytes = (text: string): ArrayBuffer => {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0)).buffer;
};
const text = (value: ArrayBuffer | null | undefined): string | undefined =>
  value ? btoa(String.fromCharCode(...new Uint8Array(value))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '') : undefined;

interface Described { id: string; type: PublicKeyCredentialType; transports?: AuthenticatorTransport[] }
const described = (list: unknown) => ((list as Described[] | undefined) ?? []).map((d) => ({ ...d, id: bytes(d.id) }));

/** usable tells whether this browser can have passkeys at all. */
export const usable = () => typeof PublicKeyCredential !== 'undefined';

/** create lets the device make a passkey. It throws when the person does not. */
export async function create(q: Question): Promise<unknown> {
  const user = q.publicKey.user as { id: string; name: string; displayName: string };
  const made = await navigator.credentials.create({
    publicKey: { ...q.publicKey, challenge: bytes(q.publicKey.challenge), user: { ...user, id: bytes(user.id) }, excludeCredentials: described(q.publicKey.excludeCredentials) } as unknown as PublicKeyCredentialCreationOptions,
  }) as PublicKeyCredential;
  const r = made.response as AuthenticatorAttestationResponse;
  return { id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: made.getClientExtensionResults(), authenticatorAttachment: made.authenticatorAttachment ?? undefined, response: { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports?.() ?? [] } };
}

/** answer lets the device prove who holds it. */
export async function answer(q: Question): Promise<unknown> {
  const got = await navigator.credentials.get({
    publicKey: { ...q.publicKey, challenge: bytes(q.publicKey.challenge), allowCredentials: described(q.publicKey.allowCredentials) } as unknown as PublicKeyCredentialRequestOptions,
  }) as PublicKeyCredential;
  const r = got.response as AuthenticatorAssertionResponse;
  return { id: got.id, rawId: text(got.rawId), type: got.type, clientExtensionResults: got.getClientExtensionResults(), authenticatorAttachment: got.authenticatorAttachment ?? undefined, response: { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: text(r.userHandle) } };
}
