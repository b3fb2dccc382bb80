package email

import (
	"context"
	"errors"
)

// policyNow is the policy that a mail goes out under: the connection's, or notice where its conditions are not met; why
// says so then, for who runs the connection.
func (m *mailbox) policyNow(ctx context.Context) (policy, why string, err error) {
	policy = m.policy
	if policy == Full {
		if no := m.fullAllowed(ctx); no != nil {
			policy, why = Notice, no.Error()
		}
	}
	if policy != Full && !m.paged() {
		if why != "" {
			return "", "", hold("A full letter may not go out here (" + why + "), and instead of it only a mail with a link could, for which this node has no address that a browser reaches. Meet the condition, or ask who runs the node to set its public address.")
		}
		return "", "", hold("The mail would hold a link to a page of this node, and the node has no address that a browser reaches. Ask who runs the node to set its public address, or set the policy to full for your own server.")
	}
	return policy, why, nil
}

// fullAllowed says why a full letter may not go out; nil when it may.
func (m *mailbox) fullAllowed(ctx context.Context) error {
	switch {
	case m.smime != nil:
		return inForce(m.smime, m.now()) // the letter itself is encrypted
	case m.ours && (m.pin != nil || m.roots != nil):
		return nil
	case m.ours:
		return errors.New("the certificate pin of your own mail server is missing")
	}
	if err := m.provenBySTS(ctx); err != nil {
		return err
	}
	return nil
}
