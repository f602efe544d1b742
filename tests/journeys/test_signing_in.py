"""A nurse signs in, looks round, and signs out."""

from tests.factories import PASSWORD


def test_nurse_signs_in_and_out(visitor, nurse):
    visitor.go("/organisation/")
    visitor.sees_heading("Sign in")
    visitor.check_page()
    visitor.fill("Email address", nurse.email)
    visitor.click("Sign in")
    visitor.sees("Enter password")
    visitor.check_page()
    visitor.follow_error("Enter password")
    visitor.fill("Password", PASSWORD)
    visitor.click("Sign in")
    visitor.sees_heading("Your organisation")
    visitor.check_page()
    visitor.click("Mavis Manage vaccinations in schools")
    visitor.sees_heading("Manage vaccinations in schools (Mavis)")
    visitor.check_page()
    visitor.go("/nothing-here/")
    visitor.sees_heading("Page not found")
    visitor.check_page()
    visitor.click("Sign out")
    visitor.sees("You have signed out")
    visitor.check_page()
    visitor.go("/")
    visitor.sees_heading("Sign in")


def test_everything_works_without_javascript(visitor_without_javascript, nurse):
    visitor = visitor_without_javascript
    visitor.sign_in(nurse.email, PASSWORD)
    visitor.page.get_by_role("link", name="Your organisation").first.click()
    visitor.sees_heading("Your organisation")
    visitor.go("/sign-out/")
    visitor.sees_heading("Sign out of Mavis")
    visitor.page.get_by_role("main").get_by_role("button", name="Sign out").click()
    visitor.sees("You have signed out")
