import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.utils.timezone
import sera_batching.models.company
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('first_id', models.BigIntegerField()),
                ('last_id', models.BigIntegerField()),
                ('gaps', models.JSONField(default=list)),
                ('late_ids', models.JSONField(default=list)),
                ('event_count', models.PositiveIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['number'],
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('last_id__gte', django.db.models.expressions.CombinedExpression(models.F('first_id'), '-', models.Value(1)))), name='seal_ends_after_it_begins', violation_error_message='A block ends no earlier than just before it begins.')],
            },
        ),
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(default='My Company', max_length=100)),
                ('time_zone', models.CharField(default='America/Chicago', max_length=64, validators=[sera_batching.models.company.check_time_zone])),
                ('profile', models.CharField(choices=[('online', 'QuickBooks Online'), ('desktop', 'QuickBooks Desktop')], default='online', max_length=10)),
                ('ar_account', models.CharField(default='Accounts Receivable (A/R)', max_length=159, verbose_name='accounts receivable account')),
                ('default_deposit_account', models.CharField(blank=True, default='', help_text='Blank means Undeposited Funds in QuickBooks.', max_length=159)),
                ('deposit_accounts', models.JSONField(blank=True, default=dict)),
                ('default_refund_account', models.CharField(default='Undeposited Funds', max_length=159)),
                ('refund_accounts', models.JSONField(blank=True, default=dict)),
                ('default_tax_item', models.CharField(blank=True, default='', max_length=100)),
                ('closing_date', models.DateField(blank=True, help_text='The books are closed up to and including this day.', null=True)),
                ('batch_name_pattern', models.CharField(db_default='Batch_{date}_{time}', default='Batch_{date}_{time}', max_length=80)),
                ('verifies_new_names', models.BooleanField(db_default=False, default=False, help_text='Documents with an item or class not seen before warn until it is marked active.')),
                ('changed_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name_plural': 'company',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='company_is_one_row', violation_error_message='There is one company, with id 1.'), models.CheckConstraint(condition=models.Q(('profile__in', ['online', 'desktop'])), name='company_profile_is_known', violation_error_message='The profile is online or desktop.')],
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                ('actor_name', models.CharField(max_length=150)),
                ('action', models.CharField(db_index=True, max_length=60)),
                ('target_type', models.CharField(blank=True, max_length=60)),
                ('target_id', models.CharField(blank=True, max_length=40)),
                ('target_label', models.CharField(blank=True, max_length=255)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('note', models.TextField(blank=True)),
                ('channel', models.CharField(max_length=10)),
                ('source', models.CharField(blank=True, max_length=500)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('address', models.CharField(blank=True, max_length=64)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='audit_events', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['target_type', 'target_id'], name='audit_of_target')],
            },
        ),
        migrations.CreateModel(
            name='SentForm',
            fields=[
                ('token', models.UUIDField(primary_key=True, serialize=False)),
                ('address', models.CharField(max_length=500)),
                ('sent_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['sent_at'], name='sent_form_by_moment')],
            },
        ),
    ]
