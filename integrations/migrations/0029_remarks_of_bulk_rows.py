from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0028_links_to_connect"),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkrow",
            name="remarks",
            field=models.JSONField(null=True),
        ),
        # The column stays while code that writes it may still run; it has a default.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("bulkjob", "language")]
        ),
    ]
