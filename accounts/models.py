"""Who uses Mavis, on whose behalf, and whose record they opened."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone


class Organisation(models.Model):
    """A provider of school-age immunisation, known by its ODS code.

    Everything a person sees in Mavis belongs to their organisation.
    """

    name = models.CharField(max_length=300, unique=True)
    ods_code = models.CharField("ODS code", max_length=10, unique=True)
    email = models.EmailField(help_text="Parents see it in messages")
    phone = models.CharField(max_length=30, help_text="Parents see it in messages")
    privacy_policy_url = models.URLField("privacy notice", blank=True)
    notify_reply_to_id = models.UUIDField(
        "Notify reply-to id",
        null=True,
        blank=True,
        help_text="Where replies to emails go",
    )
    days_before_consent_requests = models.PositiveSmallIntegerField(
        default=21, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    days_before_consent_reminders = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    days_before_invitations = models.PositiveSmallIntegerField(
        default=21,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text="How long before the first clinic parents are invited, in days",
    )
    repeats_invitations = models.BooleanField(
        "invite again for later clinics",
        default=True,
        help_text="Write again before each later clinic, while no consent has been given",
    )
    triages_other_conditions = models.BooleanField(
        "triage other medical conditions",
        default=True,
        help_text="A yes to the health question about other medical conditions needs triage",
    )
    booking_system_name = models.CharField(max_length=100, default="Swiftqueue")
    booking_url = models.URLField(
        "booking link",
        blank=True,
        help_text="Without it, messages ask parents to contact the team",
    )
    booking_instructions = models.TextField(max_length=2000, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ods_code__regex=r"^[A-Z0-9]{3,10}$"),
                name="organisation_ods_code_is_upper_case",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.ods_code = self.ods_code.strip().upper()


class Team(models.Model):
    """A contact point inside an organisation; parents of its schools see its details."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=300)
    email = models.EmailField()
    phone = models.CharField(max_length=30)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="team_name_is_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person does. Being a superuser adds to it."""

    NURSE = "nurse", "Nurse"
    ADMINISTRATOR = "administrator", "Administrator"


class UserManager(BaseUserManager):
    """Makes users, found by email whatever its case."""

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email=email.strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """A saved user. Without a password nobody can sign in as them."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """A saved user who may do everything, the admin site included."""
        return self.create_user(email, password, is_superuser=True, is_staff=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with their email address.

    `is_superuser` marks Mavis superusers, who may do what their role may, and more;
    `is_staff` opens the operators' admin site.
    """

    email = models.EmailField(max_length=320, unique=True)
    given_name = models.CharField(max_length=300)
    family_name = models.CharField(max_length=300)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="users",
        null=True,
        blank=True,
    )
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, related_name="users", null=True, blank=True
    )
    role = models.CharField(max_length=20, choices=Role, default=Role.NURSE)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may use the admin site", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["given_name", "family_name"]

    class Meta:
        ordering = ["family_name", "given_name"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(email__regex="[A-Z]"), name="user_email_is_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def role_label(self) -> str:
        """As the header shows it: Nurse, or Nurse, superuser."""
        label = self.get_role_display()
        return f"{label}, superuser" if self.is_superuser else label


class AccessLogEntry(models.Model):
    """One view of one child's record, kept for investigators; no feature reads it.

    Source: sessions and clinics §9.5.
    """

    class Area(models.TextChoices):
        CHILD = "child", "Child record"
        CHILD_IN_SESSION = "child_in_session", "Child in a session"

    class Page(models.TextChoices):
        SHOW = "show", "Record"
        ACTIVITY = "activity", "Activity log"
        CONSENT = "consent", "Consent"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    child_id = models.BigIntegerField()
    area = models.CharField(max_length=20, choices=Area)
    page = models.CharField(max_length=20, choices=Page)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "access log entry"
        verbose_name_plural = "access log"
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["child_id", "at"], name="access_by_child"),
            models.Index(fields=["user", "at"], name="access_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.get_page_display()} of child {self.child_id}"
