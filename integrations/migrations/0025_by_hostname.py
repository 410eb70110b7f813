from django.db import migrations, models

from integrations.migrations._without_lock import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("integrations", "0024_limited_administrator"),
    ]

    operations = [
        AddIndexWithoutLock(
            model_name="grant",
            index=models.Index(fields=["hostname", "-id"], name="grants_of_a_hostname_newest"),
        ),
        AddIndexWithoutLock(
            model_name="auditevent",
            index=models.Index(fields=["hostname", "-at", "-id"], name="audit_at_a_hostname"),
        ),
    ]
