"""What a page may offer (操作の表示): a button stands where its endpoint lets the viewer in."""

from consortium.web import access, context


def may(endpoint: str) -> bool:
    """Say whether policy.yaml lets the viewer of this request use an endpoint."""
    viewer = context.viewer_or_none()
    entry = access.policy().get(endpoint)
    return entry is not None and access.refusal(entry, viewer, {}) is None
