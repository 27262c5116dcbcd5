from app.domain.provider import Provider


def test_services_are_named_as_their_vendors_write_them() -> None:
    assert [provider.label for provider in Provider] == ["TalkToHumans", "Leadfeeder", "Tamtam", "BuildWorkPro"]
